using SimulationManager.Replay;
using SimulationManager.Tests.Replay.Mqtt;

namespace SimulationManager.Tests.Replay.Dds;

/// <summary>What is found when a <c>dds</c> address is tried.</summary>
public sealed class DdsProbeTests
{
    [Fact]
    public async Task Domain_is_entered_and_one_marked_message_published()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);

        var probe = await ProbeAsync(domain.Endpoint());
        await listener.UntilAsync(heard => heard.AllWriters.Count == 1, "the writer");

        Assert.Equal((null, "/_check", 1), (probe.Error, probe.Topic, probe.Participants));
        Assert.StartsWith("Cyclone DDS 0.10.", probe.Library, StringComparison.Ordinal);
        Assert.True(probe.Connect > TimeSpan.Zero && probe.Publish > TimeSpan.Zero);
        Assert.Equal(("rt/_check", "std_msgs::msg::dds_::String_"), (listener.AllWriters[0].Topic, listener.AllWriters[0].Type));
        await listener.UntilAsync(heard => heard.Messages.Count == 1, "the message");
        Assert.Equal("This is a check of the endpoint by SimulationManager.", System.Text.Encoding.UTF8.GetString(listener.Messages[0].Payload[8..^1].AsSpan().TrimEnd((byte)0)));
    }

    /// <summary>The library ends a process in which a domain's sockets get descriptors of 1,024 or more.</summary>
    [Fact]
    public async Task Domain_is_entered_though_thousands_of_connections_are_open()
    {
        Assert.SkipUnless(DdsLibrary.Problem is null, $"{DdsLibrary.Problem}");
        DdsDescriptors.OfProcess.Keep();
        var open = Enumerable.Range(0, 1100).Select(_ => File.OpenHandle("/dev/null")).ToArray();
        try
        {
            Assert.True(open[^1].DangerousGetHandle() >= 1024);
            using var domain = new OwnDomain();

            Assert.Null((await ProbeAsync(domain.Endpoint())).Error);
        }
        finally
        {
            foreach (var file in open) file.Dispose();
        }
    }

    [Fact]
    public void Domain_without_descriptors_that_the_library_can_use_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Descriptors are those of Linux.");

        var refused = Assert.Throws<DdsException>(() => new DdsDescriptors(limit: 3).Open(() => throw new InvalidOperationException("It is opened.")));

        Assert.StartsWith("this worker has so many connections, files and domains open that a domain would get file descriptors above 2,", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("interface=nosuch0", "this worker has no network interface nosuch0; it has ")]
    [InlineData("interface=192.0.2.77", "this worker has no network interface 192.0.2.77; it has ")]
    [InlineData("interface=lo&peers=nobody.invalid", "the peer nobody.invalid is not known")]
    public async Task What_is_wrong_is_said(string options, string error)
    {
        Assert.SkipUnless(DdsLibrary.Problem is null, $"{DdsLibrary.Problem}");
        using var domain = new OwnDomain();

        Assert.StartsWith(error, (await ProbeAsync($"dds://?domain={domain.Number}&{options}")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulations_that_share_a_domain_are_told_of_each_other()
    {
        using var domain = new OwnDomain();
        await using var listener = await DdsListener.StartAsync(domain.Number);
        using var bag = new PlayedBag("turtlesim_cmd_vel");
        await using var output = bag.Open(domain.Endpoint("subscribers=1"), agents: 1);
        await output.ReadyAsync(TestContext.Current.CancellationToken);
        await using var other = bag.Open(domain.Endpoint("subscribers=1"), agents: 1, simulation: "8");
        await other.ReadyAsync(TestContext.Current.CancellationToken);

        Assert.Contains($"the domain {domain.Number} has the agents of other simulations as well: 7", other.Status()[0].Warnings);
    }

    private static Task<EndpointProbe> ProbeAsync(string endpoint) => EndpointProbe.RunAsync(Assert.Single(OutputEndpoint.ParseAll([endpoint])), new Dictionary<string, SinkCredentials>());
}
