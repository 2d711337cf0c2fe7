/**
 * What the manual permits: {@link org.thirdmode.testkit.oracle.TranslationOracle} says which translations may be used,
 * {@link org.thirdmode.testkit.oracle.Judge} holds each access against it. Written for reading; shares nothing with the code
 * that runs guests but the formats of {@code x86.paging.spec}.
 */
package org.thirdmode.testkit.oracle;
