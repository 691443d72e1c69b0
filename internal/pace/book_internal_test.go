package pace

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawBook(t *rapid.T) *book {
	b, now := newBook(rapid.Uint64Range(1, 1<<60).Draw(t, "id")), int64(time.Hour)
	for range rapid.IntRange(0, 60).Draw(t, "steps") {
		now += rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "gap")
		class := rapid.SampledFrom(Classes()).Draw(t, "class")
		rule := Rule{[]Class{class}, 50, time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "window"))}
		if len(b.flights) > 0 && rapid.Bool().Draw(t, "end") {
			at := b.flights[0].at
			b.complete(now, b.flights[0].id)
			if rapid.IntRange(0, 5).Draw(t, "refused") == 0 {
				b.refuse(now, rule, at, time.Second)
			}
			continue
		}
		grant, err := b.reserve(now, class, rule, rapid.IntRange(1, 50).Draw(t, "weight"))
		if err == nil && grant.Wait == 0 {
			last := &b.flights[len(b.flights)-1]
			last.owner, last.timeout = process{7, rapid.Uint64().Draw(t, "start")}, time.Minute
		}
	}
	return b
}

// same compares what books say, and not how they lie in memory.
func same(a, b *book) bool {
	for i := range a.tracks {
		equal := slices.EqualFunc(a.tracks[i].live(), b.tracks[i].live(), func(x, y mark) bool { return x.at == y.at && x.weight == y.weight })
		if !equal || a.tracks[i].since(-1) != b.tracks[i].since(-1) {
			return false
		}
	}
	return a.next == b.next && a.horizon == b.horizon && a.lessons == b.lessons && slices.Equal(a.flights, b.flights)
}

func TestBooksSurviveTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t)
		sequence := rapid.Uint64().Draw(t, "sequence")
		bank := encodeBank(b, sequence)
		back, err := decodeBank(bank)
		if err != nil || !same(b, back) || sequenceOf(bank) != sequence {
			t.Fatalf("got %+v, %v, want %+v", back, err, b)
		}
		at := rapid.IntRange(0, len(bank)-1).Draw(t, "byte")
		bank[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := decodeBank(bank); err == nil {
			t.Fatal("a changed bit was not seen")
		}
	})
}

// TestTheLargestBookFits into a bank.
func TestTheLargestBookFits(t *testing.T) {
	b := newBook(1)
	for class := range b.tracks {
		for i := range maxMarks {
			b.tracks[class].add(int64(i), 1)
		}
	}
	for i := range maxFlights {
		b.flights = append(b.flights, flight{id: uint64(i), weight: 1})
	}
	bank := encodeBank(b, 1)
	if back, err := decodeBank(bank); len(bank) > bankSize || err != nil || !same(b, back) {
		t.Errorf("%d bytes, %v", len(bank), err)
	}
	if len(b.tracks[0].live()) != maxMarks {
		t.Errorf("%d marks", len(b.tracks[0].live()))
	}
}

// FuzzBudgetFile: no content of a file stops the tool, and what is taken for a
// book behaves like one.
func FuzzBudgetFile(f *testing.F) {
	f.Add([]byte(nil))
	for i := range 20 {
		f.Add(encodeBank(rapid.Custom(drawBook).Example(i), 1)[bankHeader:])
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := readBanks(bytes.NewReader(content), nil, nil); err != nil {
			t.Fatal(err)
		}
		b, err := decodeBook(content)
		if err != nil {
			return
		}
		if back, err := decodeBank(encodeBank(b, 1)); err != nil || !same(b, back) {
			t.Fatalf("not the same again: %v", err)
		}
		const now = int64(time.Hour)
		rule := Rule{[]Class{ClassTenant, ClassOther}, 5, time.Minute}
		b.clamp(now)
		file := &budgetFile{store: &fileStore{}, detached: true}
		file.settle(b, now)
		if usage := b.usage(now, rule); usage.Limit < 1 || usage.InFlight != 0 || usage.Blocked > MaxRetryAfter {
			t.Fatalf("usage %+v", usage)
		}
		for at := now; ; {
			grant, err := b.reserve(at, ClassOther, rule, 1)
			if err != nil || grant.Wait < 0 || at > now+int64(MaxRetryAfter+time.Minute) {
				t.Fatalf("at %v: %+v, %v", time.Duration(at-now), grant, err)
			}
			if at += int64(grant.Wait); grant.Wait == 0 {
				break
			}
		}
	})
}
