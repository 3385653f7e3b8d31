package view

import (
	"context"

	"milieu/kit/db"
)

// Read is the log's database for Search and Each.
func (l *Log) Read(ctx context.Context) db.Querier { return l.db.Read(ctx) }
