package org.thirdmode.cli;

import java.nio.file.Path;

/**
 * When a machine is to be written to a file: {@code --save FILE --at N}.
 *
 * @param instructions of the guest, from its beginning
 */
record SavePoint(Path file, long instructions) {}
