using System.Buffers;
using System.Globalization;
using System.Text;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

/// <summary>Numbers in JSON have the digits that the framework's shortest form has, and read as the same number.</summary>
public class ShortestDecimalTests
{
    [Fact]
    public void Doubles_have_the_digits_of_the_frameworks_shortest_form()
    {
        var random = new Random(1);
        for (var i = 0; i < 60_000; i++)
        {
            var value = (i % 4) switch
            {
                0 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                1 => BitConverter.Int64BitsToDouble((random.NextInt64(1, 2047) << 52) + random.Next(-2, 3)),
                2 => Math.Round(random.NextDouble() * 1000, random.Next(8)) * Math.Pow(10, random.Next(-12, 12)),
                _ => (random.NextDouble() - 0.5) * 200,
            };
            if (!double.IsFinite(value))
                continue;
            var text = Write(value);
            Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)));
            // At some powers of two (2^-958, for one) the framework's text reads as the number below.
            var theirs = value.ToString("R", CultureInfo.InvariantCulture);
            if (double.Parse(theirs, CultureInfo.InvariantCulture).Equals(value))
                Assert.Equal(Digits(theirs), Digits(text));
        }
    }

    [Fact]
    public void Singles_have_the_digits_of_the_frameworks_shortest_form()
    {
        var random = new Random(2);
        for (var i = 0; i < 60_000; i++)
        {
            var value = (i % 3) switch
            {
                0 => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
                1 => BitConverter.Int32BitsToSingle((random.Next(1, 255) << 23) + random.Next(-2, 3)),
                _ => (float)((random.NextDouble() - 0.5) * 200),
            };
            if (!float.IsFinite(value))
                continue;
            var text = Write(value);
            Assert.Equal(BitConverter.SingleToInt32Bits(value), BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)));
            Assert.Equal(Digits(value.ToString("R", CultureInfo.InvariantCulture)), Digits(text));
        }
    }

    [Theory]
    [InlineData(0.001, "0.001")]
    [InlineData(1e-6, "0.000001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1.25e-9, "1.25e-9")]
    [InlineData(123.456, "123.456")]
    [InlineData(-0.5, "-0.5")]
    [InlineData(9007199254740993, "9007199254740992")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1.5e21, "1.5e+21")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(-0.0, "-0")]
    public void Numbers_are_written_as_in_javascript(double value, string text) => Assert.Equal(text, Write(value));

    private static string Write(double value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var output = new JsonOutput(buffer);
        output.Float(value);
        output.Flush();
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    private static string Write(float value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var output = new JsonOutput(buffer);
        output.Float(value);
        output.Flush();
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    /// <summary>The digits that count, without sign, point, exponent and zeros at either end.</summary>
    private static string Digits(string text) => text.Split('e', 'E')[0].TrimStart('-').Replace(".", "", StringComparison.Ordinal).Trim('0');
}
