using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>How a test takes an AppHost over.</summary>
public sealed class TestingBuilderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateAsync_shows_the_graph_before_it_is_built()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(Cancellation);

        Assert.Equal(["user", "postgres", "robotdb", "redis", "minio", "metrics", "api", "worker"], builder.Resources.Select(resource => resource.Name));
        Assert.EndsWith("SimulationManager.AppHost", builder.AppHostDirectory, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAsync_passes_arguments_on_to_the_entry_point()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(["--Replicas:worker=3"], Cancellation);

        Assert.True(builder.Resources.TryGetByName("worker", out var worker));
        Assert.Equal(3, Assert.Single(worker.Annotations.OfType<ReplicaAnnotation>()).Replicas);
    }

    [Fact]
    public async Task BuildAsync_uses_what_the_test_has_changed()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(Cancellation);
        builder.Resources.Remove(builder.Resources.Single(resource => resource.Name == "metrics"));
        builder.Services.AddSingleton("a service of the test");

        await using var app = await builder.BuildAsync(Cancellation);

        Assert.Equal("a service of the test", app.Services.GetRequiredService<string>());
        Assert.False(app.Services.GetRequiredService<DistributedApplicationModel>().Resources.TryGetByName("metrics", out _));
    }

    [Fact]
    public async Task CreateAsync_throws_what_the_entry_point_throws()
    {
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() =>
            DistributedApplicationTestingBuilder.CreateAsync<Projects.SimulationManager_AppHost>(["--operation", "dance"], Cancellation));

        Assert.Contains("'dance'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetEndpoint_says_that_a_resource_does_not_exist()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        await using var app = await builder.BuildAsync(Cancellation);

        Assert.Throws<ArgumentException>(() => app.GetEndpoint("nobody"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await app.GetConnectionStringAsync("nobody", Cancellation));
    }

    [Fact]
    public async Task BuildAsync_refuses_to_build_twice()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        await using var app = await builder.BuildAsync(Cancellation);

        await Assert.ThrowsAsync<InvalidOperationException>(() => builder.BuildAsync(Cancellation));
    }
}
