using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Minio.Exceptions;
using SimulationManager.Api;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Storage;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>A whole API on a free port in this process; tests speak to it over HTTP only.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
    }

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<ApiHost> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, string environment = "Production")
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Error).AddFilter("Orleans", LogLevel.None);
        builder.AddServiceDefaults();
        builder.AddBackingServices();
        builder.AddApi();
        var app = builder.Build();
        app.UseApi();
        app.MapApi();
        await app.StartAsync();
        return new ApiHost(app);
    }

    /// <summary>Waits until the schema is applied and the bucket is there.</summary>
    public async Task WaitUntilPreparedAsync()
    {
        await Services.GetRequiredService<Preparation>().WaitAsync(TestContext.Current.CancellationToken);
        await Wait.UntilAsync(IsBucketThereAsync, TimeSpan.FromMinutes(1), "the bucket");
    }

    private async Task<bool> IsBucketThereAsync()
    {
        try
        {
            return await Services.GetRequiredService<BundleStore>().IsReachableAsync(TestContext.Current.CancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or MinioException)
        {
            return false;
        }
    }

    public ApiClient Client() => new(Address);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
