package themes

import "math"

// lab is a colour in CIE 1976 L*a*b*, D65 white.
type lab struct{ l, a, b float64 }

// distance is the CIE76 colour difference.
func (p lab) distance(q lab) float64 {
	return math.Sqrt((p.l-q.l)*(p.l-q.l) + (p.a-q.a)*(p.a-q.a) + (p.b-q.b)*(p.b-q.b))
}

// linear are the three parts of an sRGB colour without its gamma, 0 to 1.
type linear [3]float64

func linearOf(c Color) linear {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return linear{part(c.r), part(c.g), part(c.b)}
}

// Contrast is the WCAG 2.1 contrast ratio of two colours, 1 to 21.
func Contrast(a, b Color) float64 {
	la, lb := linearOf(a).luminance(), linearOf(b).luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func (p linear) luminance() float64 { return 0.2126*p[0] + 0.7152*p[1] + 0.0722*p[2] }

// deuteranopia is the full-severity matrix of Machado, Oliveira and Fernandes,
// "A Physiologically-based Model for Simulation of Color Vision Deficiency",
// 2009, table for deuteranomaly 1.0; it works on linear parts.
var deuteranopia = [3]linear{
	{0.367322, 0.860646, -0.227968},
	{0.280085, 0.672501, 0.047413},
	{-0.011820, 0.042940, 0.968881},
}

// DeuteranopiaDistance is the CIE76 difference of two colours as a person
// without green cones sees them. Under about 20, small text is hard to tell apart.
func DeuteranopiaDistance(a, b Color) float64 {
	return seen(a).distance(seen(b))
}

func seen(c Color) lab {
	in := linearOf(c)
	var out linear
	for i, row := range deuteranopia {
		out[i] = min(max(row[0]*in[0]+row[1]*in[1]+row[2]*in[2], 0), 1)
	}
	return out.lab()
}

func labOf(c Color) lab { return linearOf(c).lab() }

func (p linear) lab() lab {
	x := (0.4124564*p[0] + 0.3575761*p[1] + 0.1804375*p[2]) / 0.95047
	y := 0.2126729*p[0] + 0.7151522*p[1] + 0.0721750*p[2]
	z := (0.0193339*p[0] + 0.1191920*p[1] + 0.9503041*p[2]) / 1.08883
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	fx, fy, fz := f(x), f(y), f(z)
	return lab{116*fy - 16, 500 * (fx - fy), 200 * (fy - fz)}
}
