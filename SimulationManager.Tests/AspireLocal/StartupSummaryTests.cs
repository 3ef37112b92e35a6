using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Reporting;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>What a person reads on the console when the start is over.</summary>
public sealed class StartupSummaryTests
{
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();
    private readonly ConsoleOutput _plain = new(TextWriter.Null, hasColours: false);

    [Fact]
    public void Start_is_not_over_while_a_resource_is_on_its_way()
    {
        var server = _builder.AddRedis("redis");
        var client = _builder.AddExecutable("client", "true", ".").WaitFor(server);

        Assert.False(StartupSummary.IsSettled([Event(server, KnownResourceStates.Starting), Event(client, KnownResourceStates.Waiting)]));
        Assert.False(StartupSummary.IsSettled([Event(server, KnownResourceStates.Running), Event(client, KnownResourceStates.Waiting)]));
    }

    [Fact]
    public void Start_is_over_when_those_that_are_left_wait_for_one_that_has_failed()
    {
        var server = _builder.AddRedis("redis");
        var client = _builder.AddExecutable("client", "true", ".").WaitFor(server);
        var last = _builder.AddExecutable("last", "true", ".").WaitFor(client);

        Assert.True(StartupSummary.IsSettled(
        [
            Event(server, KnownResourceStates.FailedToStart), Event(client, KnownResourceStates.Waiting), Event(last, KnownResourceStates.Waiting),
        ]));
    }

    [Fact]
    public void Summary_says_where_the_outside_gets_in_and_how_long_it_took()
    {
        var api = _builder.AddExecutable("api", "true", ".");
        var state = Event(api, KnownResourceStates.Running, isReady: true, url: "http://localhost:8000");

        var lines = StartupSummary.Lines([state], TimeSpan.FromSeconds(6.2), _plain).ToList();

        Assert.Equal(["Everything is healthy after 6.2 s.", "  api is at http://localhost:8000"], lines);
    }

    [Fact]
    public void Everything_is_healthy_although_an_optional_resource_is_not_available_and_what_to_install_is_said()
    {
        var api = _builder.AddExecutable("api", "true", ".");
        var metrics = _builder.AddContainer("metrics", "prometheus");
        ResourceEvent[] states = [Event(api, KnownResourceStates.Running, isReady: true), Event(metrics, LocalResourceStates.NotAvailable, reason: "Install podman.")];

        var lines = StartupSummary.Lines(states, TimeSpan.FromSeconds(6.2), _plain).ToList();

        Assert.True(StartupSummary.IsSettled(states));
        Assert.Equal(["Everything is healthy after 6.2 s.", "  metrics is not available here, and nothing needs it. Install podman."], lines);
    }

    [Fact]
    public void Summary_says_what_is_missing_and_why()
    {
        var metrics = _builder.AddContainer("metrics", "prometheus");
        var viewer = _builder.AddExecutable("viewer", "true", ".").WaitFor(metrics);

        var lines = StartupSummary.Lines(
            [Event(metrics, KnownResourceStates.FailedToStart, reason: "Install podman."), Event(viewer, KnownResourceStates.Waiting)], TimeSpan.Zero, _plain).ToList();

        Assert.Equal("0 of 2 resources are healthy after 0.0 s.", lines[0]);
        Assert.Equal("  metrics: FailedToStart. Install podman.", lines[1]);
        Assert.Equal("  viewer: waits for metrics", lines[2]);
    }

    [Fact]
    public void Output_has_no_colours_where_nobody_sees_them()
    {
        var text = new StringWriter();
        var output = new ConsoleOutput(text, hasColours: false);

        output.WriteLine($"{output.Tag("api")} {output.Bad("x")}");

        Assert.Equal($"[api] x{Environment.NewLine}", text.ToString());
    }

    private static ResourceEvent Event(IResourceBuilder<IResource> resource, string state, bool isReady = false, string? reason = null, string? url = null) =>
        new(resource.Resource, resource.Resource.Name, new CustomResourceSnapshot
        {
            ResourceType = "Test",
            Properties = [],
            State = state,
            IsReady = isReady,
            Reason = reason,
            Urls = url is null ? [] : [new UrlSnapshot("http", url, IsInternal: false)],
        });
}
