package pace

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// banks is a budget file as it was found.
type banks struct {
	book     *book  // of the newest bank that is whole; nil where none is
	header   []byte // of that bank
	at       int64  // where to write the next one
	sequence uint64 // which it gets
	damaged  bool   // something stands in the file, and no bank is whole
}

// readBanks takes the newest whole bank. The other one is the place for the next
// write: it is older, or torn by a process that was killed. A book that is known
// to belong to a header is not read again: the header has its checksum.
func readBanks(file io.ReaderAt, knownHeader []byte, known *book) (banks, error) {
	headers := make([]byte, 2*bankHeader)
	first, second := headers[:bankHeader], headers[bankHeader:]
	if err := errors.Join(readAt(file, first, 0), readAt(file, second, bankSize)); err != nil {
		return banks{}, err
	}
	order := []int64{0, bankSize}
	if sequenceOf(first) < sequenceOf(second) {
		slices.Reverse(order)
	}
	for _, at := range order {
		header := first
		if at > 0 {
			header = second
		}
		sequence, size, ok := bankSequence(header)
		if !ok {
			continue
		}
		whole := known
		if known == nil || !bytes.Equal(header, knownHeader) {
			bank := make([]byte, size)
			if err := readAt(file, bank, at); err != nil {
				return banks{}, err
			}
			var err error
			if whole, err = decodeBank(bank); err != nil {
				continue // torn
			}
		}
		return banks{book: whole, header: header, at: bankSize - at, sequence: sequence + 1}, nil
	}
	return banks{sequence: 1, damaged: !bytes.Equal(headers, make([]byte, len(headers)))}, nil
}

func sequenceOf(header []byte) uint64 {
	sequence, _, _ := bankSequence(header)
	return sequence
}

// readAt fills the buffer; what lies behind the end of the file is zero.
func readAt(file io.ReaderAt, into []byte, at int64) error {
	if _, err := file.ReadAt(into, at); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// write puts the changed book into the other bank and gives the header that it
// has there. It is not made to last: it has to outlive a process, and not the
// machine.
func (b banks) write(file io.WriterAt) (header []byte, err error) {
	bank := encodeBank(b.book, b.sequence)
	_, err = file.WriteAt(bank, b.at)
	return bank[:bankHeader], err
}
