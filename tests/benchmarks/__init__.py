"""The figures of benchmarks/ that do not depend on the machine."""
