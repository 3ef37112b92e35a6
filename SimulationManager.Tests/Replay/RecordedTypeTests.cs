using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Replay;

/// <summary>What timelines know of the types of their topics.</summary>
public sealed class RecordedTypeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bag_with_definitions_is_read_by_them_also_by_its_index_alone()
    {
        using var bag = BagReader.Open(BagFixtures.Shared("bagel_mcap"));
        BagIndex.Write(bag, _folder["bag.index"]);
        using var recording = Recording.Open(_folder.Path, BagIndex.Open(_folder["bag.index"]));

        var timeline = recording.TimelineOf(bag.Topics.Select(topic => topic.Name));

        Assert.InRange(timeline.Topics.Count, 2, 100);
        foreach (var (index, name) in timeline.Topics.Index())
        {
            var type = bag.Topics[bag.FindTopic(name)].Type;
            var carried = bag.MessageDefinitions.Single(definition => definition.TopicType == type);
            Assert.Equal(type, timeline.TypeOf(index));
            Assert.Equal(TypeHash.Compute(MessageSchema.Parse(type, carried.Text, carried.Encoding)), TypeHash.Compute(timeline.SchemaOf(index)!));
            Assert.Null(timeline.Types[index].Problem);
            Assert.Equal(carried.Text, timeline.Types[index].Text!.Text);
        }
    }

    /// <summary>Clients that get the text have no table of the common types.</summary>
    [Fact]
    public void Definition_that_lacks_common_types_is_told_with_them()
    {
        var timeline = Timeline(new BagTopic { Name = "/a", Type = "my_msgs/msg/Thing" }, new MessageDefinition { TopicType = "my_msgs/msg/Thing", Text = "geometry_msgs/Vector3 where\nPart part\n===\nMSG: my_msgs/Part\nint32 x\n" });

        var headings = timeline.Types[0].Text!.Text.Split('\n').Where(line => line.StartsWith("MSG: ", StringComparison.Ordinal));
        Assert.Equal(["MSG: my_msgs/Part", "MSG: geometry_msgs/Vector3"], headings);
        Assert.EndsWith("float64 x\nfloat64 y\nfloat64 z", timeline.Types[0].Text!.Text.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public void Definition_that_the_bag_carries_comes_before_the_common_one()
    {
        var timeline = Timeline(new BagTopic { Name = "/a", Type = "std_msgs/msg/String" }, new MessageDefinition { TopicType = "std_msgs/msg/String", Text = "int64 other" });

        Assert.Equal("other", timeline.SchemaOf(0)!.Root.Fields.Single().Name);
    }

    [Theory]
    [InlineData("galactic", false)]
    [InlineData("kilted", true)]
    public void Without_a_definition_it_is_that_of_the_release_that_recorded(string release, bool hasVariance)
    {
        using (var writer = BagWriter.Create(_folder["bag"], new BagWriterOptions { RosDistro = release }))
        {
            writer.Write(writer.AddTopic(new BagTopic { Name = "/range", Type = "sensor_msgs/msg/Range" }), 1, [0, 1, 0, 0]);
            writer.Complete();
        }
        using var recording = Recording.Open(_folder["bag"]);

        Assert.Equal(hasVariance, recording.TimelineOf(["/range"]).SchemaOf(0)!.Root.FindField("variance") >= 0);
    }

    [Fact]
    public void Types_follow_their_topics_under_other_names_and_in_part()
    {
        using var recording = Recording.Open(BagFixtures.CopyOf("many_types", _folder));
        using var bag = BagReader.Open(_folder["many_types"]);
        var names = bag.Topics.Select(topic => topic.Name).Order(StringComparer.Ordinal).Where((_, index) => index % 2 == 1).ToArray();

        var renamed = recording.TimelineOf(names).Renamed(names.ToDictionary(name => name, name => $"/robot{name}"));

        Assert.InRange(names.Length, 3, 200);
        for (var i = 0; i < names.Length; i++) Assert.Equal(bag.Topics[bag.FindTopic(names[i])].Type, renamed.TypeOf(i));
    }

    [Theory]
    [InlineData("my_msgs/msg/Thing", "cdr", null, "my_msgs/msg/Thing is defined neither in the bag nor among the common types")]
    [InlineData("my_msgs/msg/Thing", "cdr", "int32 x\nother/Missing y", "There is no definition of other/msg/Missing")]
    [InlineData("my_msgs/msg/Thing", "cdr", "this is no definition", "my_msgs/msg/Thing has a definition that cannot be used: ")]
    [InlineData("no type at all", "cdr", null, "no type at all has a definition that cannot be used: ")]
    [InlineData("std_msgs/msg/String", "json", null, "std_msgs/msg/String is recorded as 'json', not as CDR")]
    public void Type_that_nobody_knows_says_why(string type, string format, string? definition, string problem)
    {
        var timeline = Timeline(
            new BagTopic { Name = "/a", Type = type, SerializationFormat = format },
            definition is null ? null : new MessageDefinition { TopicType = type, Text = definition });

        Assert.Equal(type, timeline.TypeOf(0));
        Assert.Null(timeline.SchemaOf(0));
        Assert.Contains(problem, timeline.Types[0].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Timeline_of_messages_that_the_caller_has_knows_no_types()
    {
        var timeline = new ReplayTimeline([0], [0], [4], ["/a"], 0);

        Assert.Null(timeline.TypeOf(0));
        Assert.Null(timeline.SchemaOf(0));
    }

    private ReplayTimeline Timeline(BagTopic topic, MessageDefinition? definition)
    {
        using (var writer = BagWriter.Create(_folder["bag"]))
        {
            writer.Write(writer.AddTopic(topic, definition), 1, [0, 1, 0, 0]);
            writer.Complete();
        }
        using var recording = Recording.Open(_folder["bag"]);
        return recording.TimelineOf([topic.Name]);
    }
}
