"""``python -m fsstats_cli`` is ``fsstats``."""

from fsstats_cli.main import main

if __name__ == "__main__":
    main()
