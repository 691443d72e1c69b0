// Package hook runs one program that the user has named, such as a copy of a
// backup to another place, and says how it ended.
//
// It starts exactly what it is given, without a shell, in a process group of its
// own, which ends when its time is over. It knows neither what the program is
// for nor any secret, and hands on no more of the environment than
// [Environment] lets through.
package hook
