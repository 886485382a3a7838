"""Command lines of the tools that make the files we read, and what runs them."""

from fsstats.runners.command import Command, Suite, Tool
from fsstats.runners.fsl import bet

__all__ = ["Command", "Suite", "Tool", "bet"]
