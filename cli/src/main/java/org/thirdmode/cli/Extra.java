package org.thirdmode.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Libraries too large for everybody's class path, in a folder of their own: Maven fetches them when they are first asked for.
 *
 * @param module the folder whose pom.xml names them
 * @param title what they are, with their size
 * @param arguments how Maven makes them ready
 */
record Extra(String module, String title, List<String> arguments) {
    /** SQL over result files, and Parquet. */
    static final Extra DUCKDB = new Extra("sweep-sql", "DuckDB (85 MB)", List.of("-f", "sweep-sql/pom.xml"));

    /** Sweeps on a cluster. */
    static final Extra SPARK = new Extra("sweep-spark", "Apache Spark (240 MB)", List.of("-f", "sweep-spark/pom.xml"));

    /** Set by ./thirdmode and by the tests of the build. */
    private static final String ROOT = "thirdmode.root";

    /**
     * The libraries.
     *
     * @throws UserError where they are not there and cannot be fetched; in one line
     */
    List<Path> jars(PrintStream err) {
        String root = System.getProperty(ROOT);
        if (root == null) {
            throw new UserError("finds " + title + " only where ./thirdmode starts it");
        }
        Path folder = Path.of(root, "cli", "target", "extra", module);
        Path complete = folder.resolve("complete");
        try {
            if (!Files.exists(complete)) {
                err.println("thirdmode: fetching " + title + ", this once");
                fetch(Path.of(root), folder);
                Files.createFile(complete);
            }
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(file -> file.toString().endsWith(".jar") && !file.endsWith("own.jar"))
                        .sorted()
                        .toList();
            }
        } catch (IOException e) {
            throw new UserError("cannot fetch " + title + ": " + e.getMessage());
        }
    }

    private void fetch(Path root, Path folder) throws IOException {
        Files.createDirectories(folder);
        File log = folder.resolve("fetch.log").toFile();
        List<String> command = Stream.of(
                        List.of("mvn", "-B"),
                        arguments,
                        List.of(
                                "dependency:copy-dependencies",
                                "-DincludeScope=runtime",
                                "-DoutputDirectory=" + folder))
                .flatMap(List::stream)
                .toList();
        Process maven = new ProcessBuilder(command)
                .directory(root.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        try {
            if (maven.waitFor() != 0) {
                throw new UserError("cannot fetch " + title + ": Maven failed; the log is " + log);
            }
        } catch (InterruptedException e) {
            maven.destroy();
            throw new UserError("interrupted while fetching " + title);
        }
    }
}
