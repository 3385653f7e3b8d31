// Package chart is the chart of one person: what stands in it by time, found again by kind, author, time and words; each entry with its three
// times and what was said of it since; and the chart on paper. It only reads. The head above it and the pages beside it are house/clients/room's.
package chart
