package app

import (
	"strings"
	"testing"
)

func TestNoPasswordIsKept(t *testing.T) {
	for _, c := range []struct {
		address, kept string
		secret        bool
	}{
		{"postgres://milieu@db/house", "postgres://milieu@db/house", false},
		{"postgres://milieu:s3cret@db:5433/house?sslmode=require", "postgres://milieu@db:5433/house?sslmode=require", true},
		{"postgresql://milieu:@db/house", "postgresql://milieu@db/house", true},
		{"postgres://milieu:s3%40cret%2F@db/house", "postgres://milieu@db/house", true},
		{"postgres://db/house?user=milieu&password=s3cret&sslpassword=s3cret", "postgres://db/house?user=milieu", true},
		{"postgres://db/house?user=milieu&PASSWORD=s3cret", "postgres://db/house?user=milieu", true},
		{"postgres://milieu@/house?host=/run/pg", "postgres://milieu@/house?host=/run/pg", false},
		{"host=db user=milieu dbname=house", "host=db user=milieu dbname=house", false},
		{"host=db password=s3cret user=milieu", "host=db user=milieu", true},
		{"host=db password = 's3cret with \\' and more s3cret' user = 'mi lieu'", "host=db user='mi lieu'", true},
		{`password=s3cret\ s3cret dbname=house`, "dbname=house", true},
	} {
		kept, secret, err := withoutPassword(c.address)
		if kept != c.kept || secret != c.secret || err != nil || strings.Contains(kept, "s3cret") {
			t.Errorf("%s is kept as %q, %v, %v", c.address, kept, secret, err)
		}
	}
	for _, broken := range []string{"postgres://milieu:s3cret@db:port/house", "postgres://%zz:s3cret@db", "postgres://db/house?password=%zz", "s3cret", "host=db password='s3cret", "host=db s3cret"} {
		kept, _, err := withoutPassword(broken)
		if err == nil || strings.Contains(err.Error()+kept, "s3cret") {
			t.Errorf("%s is kept as %q, %v", broken, kept, err)
		}
	}
}
