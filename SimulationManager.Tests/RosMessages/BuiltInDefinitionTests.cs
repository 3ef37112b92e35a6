using SimulationManager.RosMessages;

namespace SimulationManager.Tests.RosMessages;

public class BuiltInDefinitionTests
{
    public static TheoryData<RosDistro> Distros => [.. Enum.GetValues<RosDistro>()];

    [Theory]
    [MemberData(nameof(Distros))]
    public void Every_type_is_whole_in_every_release(RosDistro distro)
    {
        Assert.InRange(BuiltInDefinitions.Names.Count, 200, 400);
        foreach (var name in BuiltInDefinitions.Names)
        {
            var schema = BuiltInDefinitions.Find(name, distro);
            Assert.Equal(name, schema!.Root.Name);
            Assert.Matches("^RIHS01_[0-9a-f]{64}$", TypeHash.Compute(schema));
        }
    }

    [Fact]
    public void Type_that_a_release_changed_is_found_in_both_forms()
    {
        int Fields(string type, RosDistro distro) => BuiltInDefinitions.Find(type, distro)!.Root.Fields.Count;

        Assert.Equal((7, 7, 8, 8), (Fields("sensor_msgs/Range", RosDistro.Galactic) + 1, Fields("sensor_msgs/Range", RosDistro.Humble) + 1, Fields("sensor_msgs/Range", RosDistro.Iron) + 1, Fields("sensor_msgs/msg/Range", RosDistro.Kilted) + 1));
        Assert.Equal((15, 19), (Fields("visualization_msgs/Marker", RosDistro.Galactic), Fields("visualization_msgs/Marker", RosDistro.Humble)));
    }

    [Fact]
    public void Generated_types_are_built_in_too()
    {
        Assert.Equal("rcl_interfaces/srv/GetParameters_Event", BuiltInDefinitions.Find("rcl_interfaces/srv/GetParameters_Event", RosDistro.Jazzy)!.Root.Name);
        Assert.Equal("tf2_msgs/action/LookupTransform_FeedbackMessage", BuiltInDefinitions.Find("tf2_msgs/action/LookupTransform_FeedbackMessage", RosDistro.Jazzy)!.Root.Name);
    }

    [Fact]
    public void Type_that_is_not_built_in_is_not_found()
    {
        Assert.Null(BuiltInDefinitions.Find("demo_msgs/msg/Thing", RosDistro.Kilted));
        Assert.Null(BuiltInDefinitions.Find("std_msgs/msg/String_Event", RosDistro.Kilted));
        Assert.Null(BuiltInDefinitions.FindText("demo_msgs/Thing", RosDistro.Kilted));
    }

    [Fact]
    public void Text_is_the_definition_and_a_section_for_each_type_that_it_uses()
    {
        Assert.Equal(
            "std_msgs/Header header\nPoint point\n"
            + $"\n{new string('=', 80)}\nMSG: geometry_msgs/Point\nfloat64 x\nfloat64 y\nfloat64 z\n"
            + $"\n{new string('=', 80)}\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n"
            + $"\n{new string('=', 80)}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n",
            BuiltInDefinitions.FindText("geometry_msgs/PointStamped", RosDistro.Jazzy));
    }

    [Theory]
    [MemberData(nameof(Distros))]
    public void Text_reads_as_the_same_type(RosDistro distro)
    {
        foreach (var name in BuiltInDefinitions.Names.Append("rcl_interfaces/srv/GetParameters_Event").Append("tf2_msgs/action/LookupTransform_FeedbackMessage"))
        {
            var schema = BuiltInDefinitions.Find(name, distro)!;
            var read = MessageSchema.Parse(name, BuiltInDefinitions.FindText(name, distro)!);
            Assert.Equal(TypeHash.Describe(schema), TypeHash.Describe(read));
            Assert.Equal(schema.Root.Constants, read.Root.Constants);
        }
    }

    [Theory]
    [InlineData(null, RosDistro.Humble)]
    [InlineData("", RosDistro.Humble)]
    [InlineData("unknown", RosDistro.Humble)]
    [InlineData("foxy", RosDistro.Galactic)]
    [InlineData("Humble", RosDistro.Humble)]
    [InlineData("iron", RosDistro.Iron)]
    [InlineData("kilted", RosDistro.Kilted)]
    [InlineData("rolling", RosDistro.Kilted)]
    [InlineData("3", RosDistro.Kilted)]
    public void Releases_are_known_by_name(string? name, RosDistro distro) => Assert.Equal(distro, RosDistros.Parse(name));
}
