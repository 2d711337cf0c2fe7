package org.thirdmode.shadow.table;

import java.util.function.Consumer;

/**
 * A hash table from {@code long} keys to objects, with open addressing: guest frames are looked up at every fault, and a
 * boxed key each time is what a fault would otherwise allocate.
 */
public final class LongMap<V> {
    private long[] keys = new long[64];
    private Object[] values = new Object[64];
    private int size;

    private static int slot(long key, int mask) {
        long hash = key * 0x9e37_79b9_7f4a_7c15L;
        return (int) (hash >>> 32) & mask;
    }

    private int find(long key) {
        int mask = keys.length - 1;
        int i = slot(key, mask);
        while (values[i] != null && keys[i] != key) {
            i = (i + 1) & mask;
        }
        return i;
    }

    @SuppressWarnings("unchecked")
    private V at(int i) {
        return (V) values[i];
    }

    /** The value of {@code key}, or null. */
    public V get(long key) {
        return at(find(key));
    }

    public void put(long key, V value) {
        int i = find(key);
        if (values[i] == null) {
            if (++size * 2 > keys.length) {
                grow();
                i = find(key);
            }
            keys[i] = key;
        }
        values[i] = value;
    }

    private void grow() {
        long[] oldKeys = keys;
        Object[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new Object[oldKeys.length * 2];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldValues[i] != null) {
                int j = find(oldKeys[i]);
                keys[j] = oldKeys[i];
                values[j] = oldValues[i];
            }
        }
    }

    /** Removes a key; what follows it in its run moves up, so that no search meets a hole. */
    public void remove(long key) {
        int mask = keys.length - 1;
        int hole = find(key);
        if (values[hole] == null) {
            return;
        }
        size--;
        for (int i = (hole + 1) & mask; values[i] != null; i = (i + 1) & mask) {
            int home = slot(keys[i], mask);
            if (((i - home) & mask) >= ((i - hole) & mask)) {
                keys[hole] = keys[i];
                values[hole] = values[i];
                hole = i;
            }
        }
        values[hole] = null;
    }

    public int size() {
        return size;
    }

    /** Calls for every value that there is now; the table may change meanwhile. */
    public void forEach(Consumer<? super V> action) {
        Object[] now = values.clone();
        for (int i = 0; i < now.length; i++) {
            if (now[i] != null) {
                @SuppressWarnings("unchecked")
                V value = (V) now[i];
                action.accept(value);
            }
        }
    }
}
