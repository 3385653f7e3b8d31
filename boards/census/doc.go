// Package census is the board of beds: who has which, who is expected or waits for one, who came and went today, and how full the house was over
// the last weeks. It only reads; everything on it is worked out from the moves that people filed, and each person counts once.
package census
