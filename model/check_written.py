"""Check a file of written comments: broken rows, doubles, unknown codes, counts."""
import re, sys, collections
CODES = {"0","a1","a2","a3","h","t","x","p1","p2","p3","m","s+","s-","u","lnl","len","lxx",">c",">p",">g",">o"} | {"i"+c for c in "PLDQKCXTMZ"}
def mask(t): return re.sub(r"[^a-zà-ÿ ]+","",re.sub(r"@\w+|\d+","",t.lower())).strip() or t
seen, counts, fam, fams, paired, rows, bad, prev = {}, collections.Counter(), None, set(), set(), 0, 0, None
for path in sys.argv[1:]:
    for n, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.strip()
        if not line: continue
        if line.startswith("= "):
            fam = line[2:].strip(); prev = None
            if fam in fams: print(path, n, "family twice", fam); bad += 1
            fams.add(fam); continue
        pair = line.startswith("~"); head, sep, text = line.lstrip("~ ").partition("|")
        codes, text = head.split(), text.strip()
        wrong = [c for c in codes if c not in CODES]
        if not sep or not text or wrong or fam is None or not codes: print(path, n, "broken", wrong, line[:60]); bad += 1; continue
        if "h" in codes and not {"a2","a3"} & set(codes): print(path, n, "h without a2/a3", line[:60]); bad += 1
        if {"a1","a2","a3","h","t","x"} & set(codes) and not {">c",">p",">g",">o"} & set(codes): print(path, n, "no target", line[:60]); bad += 1
        key = mask(text)
        if key in seen: print(path, n, "double of", seen[key], text[:50]); bad += 1
        seen[key] = f"{path}:{n}"; rows += 1; counts.update(codes)
        if pair:
            if prev is None: print(path, n, "pair without a row above"); bad += 1
            else:
                paired |= {prev, (path, n)}
                if prev_codes == set(codes): print(path, n, "pair with the same codes", text[:50]); bad += 1
        prev, prev_codes = (path, n), set(codes)
print(f"{rows} rows, {len(fams)} families, {len(paired)/max(rows,1):.0%} in pairs, {bad} to mend")
print(dict(counts.most_common()))
sys.exit(bool(bad))
