package view_test

const killDir = "MILIEU_TEST_LOOK_UNTIL_KILLED"

func lookUntilKilled(string) {}
