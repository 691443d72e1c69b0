package emulator_test

func serveChild(string) int { return 1 }

const childDataDir = "EMULATOR_TEST_DATA_DIR"
