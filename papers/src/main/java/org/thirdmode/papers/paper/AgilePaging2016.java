package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** Agile Paging 2016, Table II: references of a TLB miss. */
public final class AgilePaging2016 implements Paper {
    @Override
    public String folder() {
        return "agile-paging-2016";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        ours.put("native", references(Optional.empty()));
        ours.put("nested", references(Optional.of(MmuKind.NESTED)));
        ours.put("shadow", references(Optional.of(MmuKind.CACHED)));
        return ours;
    }

    private static double references(Optional<MmuKind> mmu) throws ImageException {
        return Lab.references(mmu).size();
    }
}
