package org.thirdmode.x86.snapshot;

import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.LongFunction;

/**
 * One pass over the state of a machine: it writes what it is given, or returns what was written. A field is one line, such as
 *
 * <pre>
 *   index = port.number("index", index);
 *   port.bytes("ram", ram);
 * </pre>
 *
 * so that writing and reading cannot fall apart. Names are for people and checked when reading.
 *
 * <p>Every method throws {@link StateException} where what was written is something else.
 */
public interface StatePort {
    /** Whether the state is being read: then each method returns, or fills in, what was written. */
    boolean restoring();

    /** A number; its type is the field's. */
    int number(String name, int value);

    /** A number; its type is the field's. */
    long number(String name, long value);

    boolean flag(String name, boolean value);

    /** Numbers in an array of fixed length, which is filled in. */
    void numbers(String name, int[] values);

    /** Numbers in an array of fixed length, which is filled in. */
    void numbers(String name, long[] values);

    /** Bytes in an array of fixed length, which is filled in. */
    void bytes(String name, byte[] content);

    /** Bytes of any number up to {@code most}; null is not the same as none. */
    byte[] content(String name, byte[] content, int most);

    /** A text. */
    String text(String name, String value);

    /** Numbers that wait in a row, at most {@code most}. */
    default void queue(String name, Deque<Integer> queue, int most) {
        int count = within(name + " waiting", queue.size(), 0, most);
        int[] waiting = new int[count];
        if (!restoring()) {
            int at = 0;
            for (int value : queue) {
                waiting[at++] = value;
            }
        }
        numbers(name, waiting);
        if (restoring()) {
            queue.clear();
            for (int value : waiting) {
                queue.add(value);
            }
        }
    }

    /** One of an enumeration's constants, by its name. */
    default <E extends Enum<E>> E choice(String name, E value) {
        String chosen = text(name, value.name());
        for (E constant : value.getDeclaringClass().getEnumConstants()) {
            if (constant.name().equals(chosen)) {
                return constant;
            }
        }
        throw new StateException(name + ": is " + chosen + ", which is none of "
                + value.getDeclaringClass().getSimpleName());
    }

    /** A number of a range. */
    default int within(String name, int value, int least, int most) {
        int number = number(name, value);
        if (number < least || number > most) {
            throw new StateException(name + ": is " + number + ", expected " + least + " to " + most);
        }
        return number;
    }

    /**
     * Sparse memory: each page that was touched, by its address. One that holds nothing but zeroes takes no room.
     *
     * @param touched what to write; not looked at when reading
     * @param page the content of the page at an address, of {@code size} bytes, to be written or filled in
     */
    default void pages(String name, int size, List<Long> touched, LongFunction<byte[]> page) {
        byte[] zeroes = new byte[size];
        long count = number(name, (long) touched.size());
        for (long i = 0; i < count; i++) {
            long address = number("at", restoring() ? 0 : touched.get((int) i));
            byte[] bytes = page.apply(address);
            byte[] content = content("page", Arrays.equals(bytes, zeroes) ? new byte[0] : bytes, size);
            if (restoring()) {
                if (content.length != 0 && content.length != size) {
                    throw new StateException(name + ": a page of " + content.length + " bytes");
                }
                System.arraycopy(content.length == 0 ? zeroes : content, 0, bytes, 0, size);
            }
        }
    }

    /** A part with fields of its own. */
    void part(String name, Stateful part);
}
