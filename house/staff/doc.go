// Package staff says who works here: people with their roles, the teams they belong to, the rota, and who is on shift now.
//
// A member of staff is a chart; its ID is the person's ID. Team membership and shifts are what access judges by: who belongs to a unit's team
// or is planned there sees its people. Starting a shift gives sight of a unit only to somebody who is of its team or was planned for it, so
// that nobody can let himself in.
package staff
