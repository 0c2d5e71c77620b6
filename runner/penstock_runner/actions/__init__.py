"""The kinds of steps; `table` lists them. Empty, for the worker of python steps lies below and starts without the engine."""
