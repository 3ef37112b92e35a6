using SimulationManager.Rosbag2.Generation;

namespace SimulationManager.Tests.Rosbag2.Generation;

public class CdrWriterTests
{
    [Fact]
    public void Numbers_are_aligned_to_their_size_from_the_end_of_the_header()
    {
        var writer = new CdrWriter();
        writer.WriteString("ab");
        writer.WriteFloat64(1);
        writer.WriteInt32(-2);
        writer.WriteFloat64(0);

        Assert.Equal(
            "00010000" + "03000000" + "616200" + "00" + "000000000000F03F" + "FEFFFFFF" + "00000000" + "0000000000000000",
            Convert.ToHexString(writer.Message));
    }

    [Fact]
    public void Sequences_begin_with_their_length()
    {
        var writer = new CdrWriter();
        writer.WriteFloat32Sequence([1f, 0.5f]);
        writer.WriteFloat32Sequence([]);

        Assert.Equal("00010000" + "02000000" + "0000803F" + "0000003F" + "00000000", Convert.ToHexString(writer.Message));
    }

    [Fact]
    public void Reset_begins_a_new_message()
    {
        var writer = new CdrWriter();
        writer.WriteFloat64Array(new double[500]);
        writer.Reset();
        writer.WriteUInt32(7);

        Assert.Equal("0001000007000000", Convert.ToHexString(writer.Message));
    }

    [Fact]
    public void Sine_and_cosine_agree_with_the_runtime()
    {
        for (var i = -1000; i < 1000; i++)
        {
            var angle = i * Math.PI / 1000;
            var (sin, cos) = Angle.SinCos(angle);
            Assert.Equal(Math.Sin(angle), sin, 1e-14);
            Assert.Equal(Math.Cos(angle), cos, 1e-14);
        }
    }
}
