package fhirimport_test

import (
	"os"
	"testing"

	"milieu/house/clients/clientstest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// The little house of clientstest, by short names.
var (
	cedar  = clientstest.Cedar
	worker = clientstest.Worker
	house  = clientstest.House
	onBoth = clientstest.OnBoth
	bed    = clientstest.Bed
	scope  = clientstest.Scope
)
