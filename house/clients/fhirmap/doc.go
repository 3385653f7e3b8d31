// Package fhirmap turns FHIR resources into plain descriptions of clients and
// back: who somebody is and is called, who their people are, what they must not
// be given, what is known of their health, where they stayed.
//
// It is pure: a [Collector] is given resources, from one file or many, and
// answers with people. Each fact carries its source verbatim, a key that stays
// the same when the fact is sent again, and a fingerprint that changes when the
// fact did; from them comes a record ID that makes a second run of the same
// import find everything already there. A person is described whole or refused
// whole, with reasons; others go on.
package fhirmap
