// Package fhir reads and writes the few FHIR R4 resources that describe a
// client: who they are, who their people are, what they must not be given,
// what is known of their health and where they stayed.
//
// Reading is a stream: [Read] walks a file or a request body of any size in
// bounded memory and hands over one resource at a time together with its
// verbatim bytes, its place and whatever was wrong with it. It is lenient where
// servers vary (one object where a list is usual, a number written where text
// is expected, bundles without fullUrl, UTF-16, gzip) and strict where meaning
// would be lost (a birth date that is none, a modifier extension nobody here
// understands, the same member twice). Elements that are not read are left
// alone: the bytes of the source are kept by whoever imports.
//
// The element names and cardinalities are those of FHIR R4 (4.0.1); the United
// States extensions are those of US Core.
package fhir
