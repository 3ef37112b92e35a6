using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

public class CdrWriterTests
{
    [Fact]
    public void Numbers_are_aligned_to_their_size_from_the_end_of_the_header()
    {
        var writer = new CdrWriter();
        writer.WriteString("ab");
        writer.Write(1d);
        writer.Write(-2);
        writer.Write(0d);

        Assert.Equal(
            "00010000" + "03000000" + "616200" + "00" + "000000000000F03F" + "FEFFFFFF" + "00000000" + "0000000000000000",
            Convert.ToHexString(writer.Message));
    }

    [Fact]
    public void Sequences_begin_with_their_length()
    {
        var writer = new CdrWriter();
        writer.WriteSequence<float>([1f, 0.5f]);
        writer.WriteSequence<float>([]);

        Assert.Equal("00010000" + "02000000" + "0000803F" + "0000003F" + "00000000", Convert.ToHexString(writer.Message));
    }

    [Fact]
    public void Reset_begins_a_new_message()
    {
        var writer = new CdrWriter();
        writer.WriteArray<double>(new double[500]);
        writer.Reset();
        writer.Write(7u);

        Assert.Equal("0001000007000000", Convert.ToHexString(writer.Message));
    }
}
