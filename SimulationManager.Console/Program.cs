using System.Globalization;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Microsoft.JSInterop;
using MudBlazor;
using MudBlazor.Services;
using SimulationManager.Console;
using SimulationManager.Console.Api;
using SimulationManager.Console.Preferences;
using SimulationManager.Console.Sessions;
using SimulationManager.Console.Texts;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
builder.RootComponents.Add<HeadOutlet>("head::after");
builder.Services.AddLocalization();
builder.Services.AddMudServices(options => options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
builder.Services.AddTransient<MudLocalizer, MudTexts>();
builder.Services.AddScoped(_ => new HttpClient { BaseAddress = new Uri(builder.HostEnvironment.BaseAddress), Timeout = Timeout.InfiniteTimeSpan });
builder.Services.AddScoped<UserPreferences>();
builder.Services.AddSingleton(TimeProvider.System).AddScoped<NetworkRetry>().AddScoped<ScriptModules>().AddScoped<ApiTransport>().AddScoped<UserSession>().AddScoped<StartPage>();
builder.Services.AddScoped<ApiConnection>();
builder.Services.AddScoped<DashboardApi>().AddScoped<SimulationsApi>().AddScoped<ExecutionsApi>()
    .AddScoped<TemplatesApi>().AddScoped<MecApi>().AddScoped<DevicesApi>().AddScoped<UsersApi>().AddScoped<PageVisibility>().AddScoped<EventFeed>();
var host = builder.Build();

var language = new CultureInfo(UserPreferences.LanguageOf(host.Services.GetRequiredService<IJSRuntime>()));
CultureInfo.DefaultThreadCurrentCulture = language;
CultureInfo.DefaultThreadCurrentUICulture = language;
if (await host.Services.GetRequiredService<StartPage>().SessionAsync() is { } found) host.Services.GetRequiredService<UserSession>().Resume(found);
await host.RunAsync();
