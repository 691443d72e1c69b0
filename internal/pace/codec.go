package pace

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// A budget file is two banks of bankSize bytes. A change is written as a whole
// into the bank that is not valid or is older, so that a process which is killed
// while it writes leaves the state of before. Each bank:
//
//	magic | sequence u64 | length u32 | CRC-32C u32 of the three before and the content | content
//
// and its content, in little-endian numbers:
//
//	next id, horizon
//	per class: percent, until, learned, clean, watching
//	number of marks, each: at, class, weight
//	number of flights, each: id, at, class, weight, pid, start, timeout
const (
	bankMagic  = "DMPACE1\n"
	bankHeader = len(bankMagic) + 8 + 4 + 4
	bankSize   = 1 << 20

	markSize   = 8 + 4 + 4
	flightSize = 8 + 8 + 4 + 4 + 4 + 8 + 8
	lessonSize = 4 + 8 + 8 + 8 + 4

	maxMarkWeight = 1<<31 - 1
	fixedSize     = 8 + 8 + int(classCount)*lessonSize + 4 + 4
)

var errDamaged = errors.New("its content is damaged")

// encodeBank writes a book as one bank. It always fits: a book bounds both its
// marks and its flights.
func encodeBank(b *book, sequence uint64) []byte {
	marks := 0
	for i := range b.tracks {
		marks += len(b.tracks[i].live())
	}
	out := make([]byte, bankHeader, bankHeader+fixedSize+marks*markSize+len(b.flights)*flightSize)
	out = encodeBook(out, b, marks)
	copy(out, bankMagic)
	binary.LittleEndian.PutUint64(out[len(bankMagic):], sequence)
	binary.LittleEndian.PutUint32(out[len(bankMagic)+8:], uint32(len(out)-bankHeader)) //nolint:gosec // under bankSize
	binary.LittleEndian.PutUint32(out[len(bankMagic)+12:], bankSum(out))
	return out
}

func bankSum(bank []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(bank[:bankHeader-4], table), table, bank[bankHeader:])
}

// bankSequence reads a bank's header: its sequence, and how many bytes the bank
// has with it. It says nothing yet about the content.
func bankSequence(header []byte) (sequence uint64, size int, ok bool) {
	if len(header) < bankHeader || string(header[:len(bankMagic)]) != bankMagic {
		return 0, 0, false
	}
	sequence = binary.LittleEndian.Uint64(header[len(bankMagic):])
	length := binary.LittleEndian.Uint32(header[len(bankMagic)+8:])
	return sequence, bankHeader + int(length), length <= uint32(bankSize-bankHeader)
}

// decodeBank reads a whole bank. Any content that no book of ours has is an error.
func decodeBank(bank []byte) (*book, error) {
	_, size, ok := bankSequence(bank)
	if !ok || size != len(bank) || binary.LittleEndian.Uint32(bank[len(bankMagic)+12:]) != bankSum(bank) {
		return nil, errDamaged
	}
	return decodeBook(bank[bankHeader:])
}

func encodeBook(out []byte, b *book, marks int) []byte {
	le := binary.LittleEndian
	number := func(value int) { out = le.AppendUint32(out, uint32(value)) }   //nolint:gosec // weights and counts are far below
	moment := func(value int64) { out = le.AppendUint64(out, uint64(value)) } //nolint:gosec // its bits
	out = le.AppendUint64(out, b.next)
	moment(int64(b.horizon))
	for _, one := range b.lessons {
		number(one.percent)
		moment(one.until)
		moment(one.learned)
		moment(one.clean)
		watching := 0
		if one.watching {
			watching = 1
		}
		number(watching)
	}
	number(marks)
	for class := range b.tracks {
		for _, one := range b.tracks[class].live() {
			out = le.AppendUint64(out, uint64(one.at))                                           //nolint:gosec // its bits
			out = le.AppendUint64(out, uint64(class)|uint64(min(one.weight, maxMarkWeight))<<32) //nolint:gosec // both are small
		}
	}
	number(len(b.flights))
	for _, one := range b.flights {
		out = le.AppendUint64(out, one.id)
		moment(one.at)
		number(int(one.class))
		number(one.weight)
		out = le.AppendUint32(out, one.owner.pid)
		out = le.AppendUint64(out, one.owner.start)
		moment(int64(one.timeout))
	}
	return out
}

// fields reads numbers one after the other. Past the end it gives zeros and
// remembers that.
type fields struct {
	rest  []byte
	short bool
}

func (f *fields) take(size int) []byte {
	if len(f.rest) < size {
		f.short, f.rest = true, nil
		return make([]byte, size)
	}
	taken := f.rest[:size]
	f.rest = f.rest[size:]
	return taken
}

func (f *fields) number() int    { return int(binary.LittleEndian.Uint32(f.take(4))) }
func (f *fields) long() uint64   { return binary.LittleEndian.Uint64(f.take(8)) }
func (f *fields) moment() int64  { return int64(f.long()) } //nolint:gosec // the bits of the number that was written
func (f *fields) pid() uint32    { return binary.LittleEndian.Uint32(f.take(4)) }
func (f *fields) complete() bool { return !f.short && len(f.rest) == 0 }

func decodeBook(content []byte) (*book, error) {
	f := &fields{rest: content}
	b := &book{next: f.long(), horizon: time.Duration(f.moment())}
	sound := b.horizon >= leastHorizon && b.horizon <= maxWindow
	for i := range b.lessons {
		one := lesson{percent: f.number(), until: f.moment(), learned: f.moment(), clean: f.moment(), watching: f.number() == 1}
		sound = sound && (one.percent == 0 || one.percent >= floorPercent && one.percent < fullPercent) &&
			min(one.until, one.learned, one.clean) >= 0
		b.lessons[i] = one
	}
	sound = b.decodeMarks(f.take(min(f.number(), len(f.rest)/markSize)*markSize)) && sound
	for range min(f.number(), maxFlights, len(f.rest)/flightSize) {
		one := flight{id: f.long(), at: f.moment(), class: Class(min(f.number(), int(classCount))), weight: f.number()} //nolint:gosec // bounded
		one.owner = process{pid: f.pid(), start: f.long()}
		one.timeout = time.Duration(f.moment())
		sound = sound && one.class < classCount && one.weight >= 1 && one.weight <= maxLimit &&
			one.at >= 0 && one.timeout >= 0 && one.timeout <= maxWindow
		b.flights = append(b.flights, one)
	}
	if !sound || !f.complete() {
		return nil, errDamaged
	}
	return b, nil
}

// decodeMarks reads what a book is mostly made of.
func (b *book) decodeMarks(content []byte) (sound bool) {
	for ; len(content) >= markSize; content = content[markSize:] {
		at := int64(binary.LittleEndian.Uint64(content)) //nolint:gosec // the bits of the number that was written
		class, weight := binary.LittleEndian.Uint32(content[8:]), int(binary.LittleEndian.Uint32(content[12:]))
		if at < 0 || class >= uint32(classCount) || weight < 1 || weight > maxMarkWeight {
			return false
		}
		marks, total := b.tracks[class].marks, weight
		if last := len(marks) - 1; last >= 0 {
			if marks[last].at > at || len(marks) >= maxMarks {
				return false
			}
			total += marks[last].total
		}
		b.tracks[class].marks = append(marks, mark{at, weight, total})
	}
	return true
}
