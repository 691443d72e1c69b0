package pace

import "time"

// What a refusal (429) teaches.
const (
	// DefaultRetryAfter is how long calls are held back where the service does not
	// say: Descope blocks for a minute (its page on rate limiting).
	DefaultRetryAfter = time.Minute
	// MaxRetryAfter is the longest time that is believed.
	MaxRetryAfter = 10 * time.Minute
	// LearnedFor is how long a lesson is remembered after the last refusal.
	LearnedFor = time.Hour

	fullPercent  = 100
	floorPercent = 25
	stepPercent  = 10
)

// lesson is what the refusals of one class have taught. The zero value is
// nothing.
type lesson struct {
	percent  int   // of the limit that is left; zero where nothing was learned
	until    int64 // no call leaves before
	learned  int64 // when the last refusal came
	clean    int64 // start of the window that is being watched
	watching bool
}

// refused learns from a call that was reserved at a moment and was answered with
// 429. Of the calls that were under way together only the first one halves the
// limit: the others say the same.
func (l *lesson) refused(now, reserved int64, after time.Duration) (halved bool) {
	l.fade(now)
	halved = l.percent == 0 || reserved > l.learned
	if halved {
		if l.percent == 0 {
			l.percent = fullPercent
		}
		l.percent = max(floorPercent, l.percent/2)
		l.learned = now
	}
	l.until = max(l.until, now+int64(after))
	l.watching = false
	return halved
}

// granted gives a tenth of the limit back when a window has passed that began
// with a call and saw no refusal. Time without calls proves nothing and gives
// nothing back.
func (l *lesson) granted(now int64, window time.Duration) {
	if l.percent == 0 {
		return
	}
	l.until = 0 // the block is over, and does not come again with a clock that is set back
	switch {
	case !l.watching:
		l.watching, l.clean = true, now
	case now-l.clean >= int64(window):
		l.clean = now
		if l.percent += stepPercent; l.percent >= fullPercent {
			*l = lesson{}
		}
	}
}

// fade forgets a lesson that is too old. A block never outlives its lesson.
func (l *lesson) fade(now int64) {
	if l.percent > 0 && now-l.learned >= int64(LearnedFor) && now >= l.until {
		*l = lesson{}
	}
}

func (l *lesson) share(now int64) int {
	if l.fade(now); l.percent > 0 {
		return l.percent
	}
	return fullPercent
}

// refuse lets all classes of a rule learn from a refused call: as far as we know
// they share one limit.
func (b *book) refuse(now int64, rule Rule, reserved int64, after time.Duration) (halved bool) {
	for _, class := range rule.Classes {
		halved = b.lessons[class].refused(now, reserved, after) || halved
	}
	return halved
}

// percent is the share of a rule's limit that its classes have left.
func (b *book) percent(now int64, rule Rule) int {
	least := fullPercent
	for _, class := range rule.Classes {
		least = min(least, b.lessons[class].share(now))
	}
	return least
}

// limit is what may be made of a rule's limit now.
func (b *book) limit(now int64, rule Rule) int {
	return max(1, rule.Limit*b.percent(now, rule)/fullPercent)
}

// blocked is how long a refusal still holds the classes of a rule back.
func (b *book) blocked(rule Rule, now int64) time.Duration {
	longest := time.Duration(0)
	for _, class := range rule.Classes {
		if one := &b.lessons[class]; one.percent > 0 {
			longest = max(longest, time.Duration(one.until-now))
		}
	}
	return longest
}

// learnedFor is how long the lessons of a rule's classes are still remembered.
func (b *book) learnedFor(now int64, rule Rule) time.Duration {
	longest := time.Duration(0)
	for _, class := range rule.Classes {
		if one := &b.lessons[class]; one.percent > 0 {
			longest = max(longest, time.Duration(max(one.learned+int64(LearnedFor), one.until)-now))
		}
	}
	return longest
}

func (b *book) forgetLessons() { b.lessons = [classCount]lesson{} }

// believed is the time to wait that a Retry-After stands for.
func believed(after time.Duration, given bool) time.Duration {
	if !given {
		return DefaultRetryAfter
	}
	return min(max(after, 0), MaxRetryAfter)
}
