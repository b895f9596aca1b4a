// Package deploy holds what is in the folder deploy against the formats' own readers and against the
// program: that settings, flags, ports, paths and versions named there are those that there are. It is
// a module of its own, since those readers are heavy and nothing else needs them.
package deploy
