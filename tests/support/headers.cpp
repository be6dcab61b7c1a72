// Empty on purpose: CMake compiles precompiled headers with a file of the target that owns them.
