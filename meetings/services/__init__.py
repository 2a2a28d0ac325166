"""What can be done: `<entity>_<action>`, keyword-only, one transaction each with its audit row inside."""
