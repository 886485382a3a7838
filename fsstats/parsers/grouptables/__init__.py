"""Tables of many subjects: those of FreeSurfer's own table tools, of ENIGMA, and other labs' spreadsheets.

Pure, as all parsers: bytes in, a `GroupTable` out. What the tools write is described beside each rule;
their sources are ``asegstats2table`` and ``aparcstats2table`` in
https://github.com/freesurfer/freesurfer/tree/dev/scripts, and
https://github.com/ENIGMA-git/ENIGMA-FreeSurfer-protocol.
"""

from fsstats.parsers.grouptables.kinds import recognises_group_table
from fsstats.parsers.grouptables.table import GroupTable, parse_group_table

__all__ = ["GroupTable", "parse_group_table", "recognises_group_table"]
