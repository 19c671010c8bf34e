"""The context database: a tree of directories and files with three levels of detail."""
