using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SimulationManager.LocalS3.Http;

namespace SimulationManager.Tests.Worker;

/// <summary>An object store that holds requests for parts of objects until they are released, in the order in which they came.</summary>
internal sealed class GatedStorage : IAsyncDisposable
{
    private readonly WebApplication _storage;
    private readonly WebApplication _gate;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _released = new(0);
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly ConcurrentQueue<long> _positions = new();
    private int _waitedFor;

    public GatedStorage(WebApplication storage, int port)
    {
        _storage = storage;
        var service = storage.Services.GetRequiredService<S3Service>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _gate = builder.Build();
        _gate.Run(async context =>
        {
            // One byte is asked for to see whether the object is there.
            if (context.Request.GetTypedHeaders().Range?.Ranges.Single() is { From: { } from, To: { } to } && to > from)
            {
                _positions.Enqueue(from);
                _arrived.Release();
                try
                {
                    await _released.WaitAsync(_closing.Token);
                }
                catch (OperationCanceledException)
                {
                    context.Abort();
                    return;
                }
            }

            await service.ServeAsync(context);
        });
    }

    /// <summary>Where the parts that were asked for begin.</summary>
    public IReadOnlyCollection<long> Positions => _positions;

    public Task StartAsync() => _gate.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>Waits until so many parts were asked for in all.</summary>
    public async Task WaitForAsync(int blocks)
    {
        for (; _waitedFor < blocks; _waitedFor++) Assert.True(await _arrived.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), $"{_waitedFor} parts were asked for");
    }

    public void Release(int blocks) => _released.Release(blocks);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _gate.DisposeAsync();
        await _storage.DisposeAsync();
        _released.Dispose();
        _arrived.Dispose();
        _closing.Dispose();
    }
}
