using Aspire.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Hosting.LocalServers;

/// <summary>What a test sees of an application that did not start.</summary>
public sealed class FailedStartTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_reason_of_a_failed_start_is_seen_also_when_stopping_it_fails_too()
    {
        var failure = await Assert.ThrowsAsync<AggregateException>(() => ServerApplication.StartAsync(_folder, builder => builder.Services.AddHostedService<Broken>()));

        Assert.Equal(["the reason", "while stopping"], failure.InnerExceptions.Select(exception => exception.Message));
    }

    private sealed class Broken : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("the reason");

        public Task StopAsync(CancellationToken cancellationToken) => throw new TaskCanceledException("while stopping");
    }

    private sealed class Endless : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
