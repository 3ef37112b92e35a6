using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SimulationManager.Tests.Api;

/// <summary>An S3 store that still describes every object and does not give what is in them.</summary>
internal sealed class EmptiedStorage : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EmptiedStorage(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <param name="status">What it answers instead of an object's content.</param>
    public static async Task<EmptiedStorage> StartAsync(int status)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.Headers.ETag = "\"d41d8cd98f00b204e9800998ecf8427e\"";
            context.Response.Headers.LastModified = DateTimeOffset.UnixEpoch.ToString("R");
            context.Response.ContentType = "application/xml";
            if (HttpMethods.IsHead(context.Request.Method)) return;
            context.Response.StatusCode = status;
            await context.Response.WriteAsync("<Error/>");
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new EmptiedStorage(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
