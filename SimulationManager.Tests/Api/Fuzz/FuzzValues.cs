using System.Globalization;
using System.Text.Json.Nodes;

namespace SimulationManager.Tests.Api.Fuzz;

/// <summary>Values that break things: types, sizes, signs, characters that mean something to SQL, paths, logs or templates.</summary>
internal sealed class FuzzValues(Random random)
{
    private static readonly string[] Texts =
    [
        "", " ", "a", "\0", "null", "true", "-1", "0", "1e309", "NaN", "'; DROP TABLE simulations; --", "' OR '1'='1", "%", "_", "\\", "\"", "{0}{1}{99}", "${jndi:ldap://x}",
        "../../etc/passwd", "..\\..\\x", "/etc/passwd", "C:\\x", "%2e%2e%2f", "file://x", "<script>alert(1)</script>", "\r\nSet-Cookie: x=y", "\u202Eabc", "🤖🤖🤖", "한국어",
        "e\u0301", "\uFEFF", "2026-02-30", "2026-01-01", "9999-12-31", "0001-01-01", "PENDING", "sequential", "parallel", "admin", "general", "start", "stop", "detail", "dashboard",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "2", "-1", "1.5", "100", "1000", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "1e400", "1e-400", "0.000001", "99999999999999999999999999999999999999999", "4294967296", "1E5",
    ];

    public bool Chance(double probability) => random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    public int Next(int below) => random.Next(below);

    public string Text() => random.Next(10) switch
    {
        0 => new string('x', random.Next(1, 5000)),
        1 => Guid.NewGuid().ToString("N")[..random.Next(1, 32)],
        _ => Pick(Texts),
    };

    public string Number() => Chance(0.4) ? random.Next(-3, 30).ToString(CultureInfo.InvariantCulture) : Pick(Numbers);

    /// <summary>What stands for an id in a path.</summary>
    public string PathPart() => Chance(0.6) ? random.Next(0, 20).ToString(CultureInfo.InvariantCulture) : Uri.EscapeDataString(Chance(0.5) ? Number() : Text() is { Length: > 0 } text ? text[..Math.Min(text.Length, 200)] : "x");

    /// <summary>Any JSON at all; raw text, because some of it no serialiser would write.</summary>
    public string Json(int depth = 0) => random.Next(depth > 4 ? 5 : 8) switch
    {
        0 => "null",
        1 => Chance(0.5) ? "true" : "false",
        2 => Number(),
        3 or 4 => JsonValue.Create(Text()).ToJsonString(),
        5 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Json(depth + 1)))}]",
        6 => $"{{{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => $"{JsonValue.Create(Text()).ToJsonString()}:{Json(depth + 1)}"))}}}",
        _ => string.Concat(Enumerable.Repeat(Chance(0.5) ? "[" : "{\"pattern\":", random.Next(1, 400))),
    };

    public byte[] Bytes(int atMost)
    {
        var bytes = new byte[random.Next(atMost)];
        random.NextBytes(bytes);
        return bytes;
    }
}
