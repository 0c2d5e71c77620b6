"""Executions that wait, run or were lost: started, replaced, ended with their cause."""
