// Package match finds clients: by search, which forgives spelling, and those likely to be one person registered twice, with what speaks for it
// and against it. Package names does the comparing of words; here it becomes people.
package match
