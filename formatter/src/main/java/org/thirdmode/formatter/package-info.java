/**
 * The source formatter of the build: palantir-java-format over every Java file of the tree.
 *
 * <p>The formatter parses with the {@code javac} of the Java it runs on, and Maven may run on a Java that does not know
 * today's syntax. So it runs here in a process of its own on the build's JDK, and not as a plugin inside Maven.
 */
package org.thirdmode.formatter;
