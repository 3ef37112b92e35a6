using System.Globalization;

namespace Aspire.Hosting.Dashboard.Components;

/// <summary>A stretch of text with one look; the classes are in the style sheet.</summary>
internal readonly record struct AnsiSpan(string Text, string CssClass, string Style);

/// <summary>
/// Reads the colours of ECMA-48 "select graphic rendition" (<c>ESC [ … m</c>): 16, 256 and true colours, bold, faint,
/// italic, underline. All other control sequences are left out.
/// </summary>
internal static class AnsiText
{
    public static List<AnsiSpan> Parse(string line)
    {
        var spans = new List<AnsiSpan>();
        if (!line.Contains('\u001b'))
        {
            spans.Add(new AnsiSpan(line, "", ""));
            return spans;
        }

        var look = new Look();
        var start = 0;
        while (start < line.Length)
        {
            var escape = line.IndexOf('\u001b', start);
            var end = escape < 0 ? line.Length : escape;
            if (end > start)
                spans.Add(new AnsiSpan(line[start..end], look.CssClass, look.Style));
            if (escape < 0)
                break;
            start = Skip(line, escape, ref look);
        }

        return spans;
    }

    /// <summary>The line without any control sequence, as it is searched and saved.</summary>
    public static string Plain(string line) => line.Contains('\u001b') ? string.Concat(Parse(line).Select(span => span.Text)) : line;

    private static int Skip(string line, int escape, ref Look look)
    {
        var next = escape + 1;
        if (next >= line.Length)
            return line.Length;
        if (line[next] == ']')
        {
            // An operating system command (a window title, a link) ends with BEL or ESC \.
            var bell = line.IndexOfAny(['\u0007', '\u001b'], next);
            return bell < 0 ? line.Length : line[bell] == '\u0007' ? bell + 1 : Math.Min(bell + 2, line.Length);
        }

        if (line[next] != '[')
            return Math.Min(next + 1, line.Length);
        var final = next + 1;
        while (final < line.Length && line[final] is < '@' or > '~')
            final++;
        if (final < line.Length && line[final] == 'm')
            look = look.After(line[(next + 1)..final]);
        return Math.Min(final + 1, line.Length);
    }

    private readonly record struct Look(bool Bold, bool Faint, bool Italic, bool Underline, string? Foreground, string? Background)
    {
        public string CssClass => string.Join(' ', new[]
        {
            Bold ? "ansi-bold" : null,
            Faint ? "ansi-faint" : null,
            Italic ? "ansi-italic" : null,
            Underline ? "ansi-underline" : null,
            Foreground is ['a', ..] ? Foreground : null,
            Background is ['a', ..] ? Background : null,
        }.OfType<string>());

        public string Style => (Foreground is ['#', ..] ? $"color:{Foreground};" : "") + (Background is ['#', ..] ? $"background:{Background};" : "");

        public Look After(string parameters)
        {
            int[] codes = [.. parameters.Split(';', ':').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 0)];
            var look = this;
            for (var i = 0; i < codes.Length; i++)
            {
                look = codes[i] switch
                {
                    0 => default,
                    1 => look with { Bold = true },
                    2 => look with { Faint = true },
                    3 => look with { Italic = true },
                    4 => look with { Underline = true },
                    22 => look with { Bold = false, Faint = false },
                    23 => look with { Italic = false },
                    24 => look with { Underline = false },
                    >= 30 and <= 37 => look with { Foreground = $"ansi-fg-{codes[i] - 30}" },
                    >= 90 and <= 97 => look with { Foreground = $"ansi-fg-{codes[i] - 82}" },
                    39 => look with { Foreground = null },
                    38 => look with { Foreground = Extended(codes, ref i, "ansi-fg-") },
                    >= 40 and <= 47 => look with { Background = $"ansi-bg-{codes[i] - 40}" },
                    >= 100 and <= 107 => look with { Background = $"ansi-bg-{codes[i] - 92}" },
                    49 => look with { Background = null },
                    48 => look with { Background = Extended(codes, ref i, "ansi-bg-") },
                    _ => look,
                };
            }

            return look;
        }

        private static string? Extended(int[] codes, ref int i, string prefix)
        {
            if (i + 2 < codes.Length && codes[i + 1] == 5)
            {
                i += 2;
                return codes[i] < 16 ? prefix + codes[i] : FromPalette(Math.Min(codes[i], 255));
            }

            if (i + 4 < codes.Length && codes[i + 1] == 2)
            {
                i += 4;
                return Rgb(codes[i - 2], codes[i - 1], codes[i]);
            }

            return null;
        }

        /// <summary>16–231: a 6×6×6 cube of colours; 232–255: greys (the xterm palette).</summary>
        private static string FromPalette(int index)
        {
            if (index >= 232)
                return Rgb(8 + ((index - 232) * 10), 8 + ((index - 232) * 10), 8 + ((index - 232) * 10));
            static int Level(int step) => step == 0 ? 0 : 55 + (step * 40);
            return Rgb(Level((index - 16) / 36), Level((index - 16) / 6 % 6), Level((index - 16) % 6));
        }

        private static string Rgb(int red, int green, int blue) =>
            $"#{Math.Clamp(red, 0, 255):x2}{Math.Clamp(green, 0, 255):x2}{Math.Clamp(blue, 0, 255):x2}";
    }
}
