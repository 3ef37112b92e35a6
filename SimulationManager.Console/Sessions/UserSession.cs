using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using SimulationManager.Console.Api;

namespace SimulationManager.Console.Sessions;

/// <summary>
/// Who is signed in. The access token lives in memory only; the refresh token is in a cookie that no script can read, so that a reload
/// of the page asks for a fresh access token and goes on.
/// </summary>
public sealed class UserSession(ApiTransport transport, TimeProvider time)
{
    /// <summary>A token that is about to expire is refreshed before a call instead of after its refusal.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private string? _token;
    private DateTimeOffset _expiresAt;
    private Task<string?>? _refreshing;

    /// <summary>Raised when somebody signs in or out, or a session ends.</summary>
    public event Action? Changed;

    /// <summary>E-mail address of who is signed in; null when nobody is.</summary>
    public string? Email { get; private set; }

    public bool IsSignedIn => Email is not null;

    /// <summary>Whether the user may also delete templates and manage sites.</summary>
    public bool IsAdmin { get; private set; }

    /// <summary>Reads again who the user is and may do: the account may have been changed.</summary>
    public async Task ResumeAsync()
    {
        try
        {
            if (await RefreshAsync(_token) is not { } token) return;
            var verified = await SendAsync<object, VerifyAnswer>("api/auth/verify", null, null, ConsoleJson.Default.EnvelopeVerifyAnswer, token);
            (Email, IsAdmin) = (verified.Email, verified.Role == "admin");
            Changed?.Invoke();
        }
        catch (ApiException)
        {
            // The sign-in page is shown; signing in tells what is wrong.
        }
    }

    /// <summary>Goes on with a session that there is already.</summary>
    public void Resume(SignInAnswer answer)
    {
        (_token, _expiresAt, Email, IsAdmin) = (answer.AccessToken, answer.ExpiresAt, answer.Email, answer.Role == "admin");
        Changed?.Invoke();
    }

    /// <exception cref="ApiException">Wrong address or password, too many attempts.</exception>
    public async Task SignInAsync(SignInRequest request) =>
        Resume(await SendAsync("api/auth/signin", request, ConsoleJson.Default.SignInRequest, ConsoleJson.Default.EnvelopeSignInAnswer, null));

    /// <summary>Creates an account and signs it in.</summary>
    /// <exception cref="ApiException">A field is not valid, the address is taken, or only an admin may create an admin.</exception>
    public async Task SignUpAsync(SignUpRequest request)
    {
        await SendAsync("api/auth/signup", request, ConsoleJson.Default.SignUpRequest, ConsoleJson.Default.EnvelopeSignUpAnswer, null);
        await SignInAsync(new SignInRequest(request.Email, request.Password));
    }

    /// <summary>Ends this device's session.</summary>
    /// <exception cref="ApiException">The API cannot be reached; the user stays signed in.</exception>
    public async Task SignOutAsync()
    {
        using var request = NewRequest("api/auth/logout", _token);
        using var response = await transport.SendAsync(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.Unauthorized) throw await transport.RefusalAsync(response, CancellationToken.None);
        Forget();
    }

    /// <summary>A token that is good for a while; null when nobody is signed in.</summary>
    public async Task<string?> TokenAsync() => _token is not null && time.GetUtcNow() >= _expiresAt - Margin ? await RefreshAsync(_token) : _token;

    /// <summary>A token instead of one that was refused; null when the session has ended. Callers at the same time share one refresh.</summary>
    /// <param name="refused">The token that was refused.</param>
    public async Task<string?> RefreshAsync(string? refused)
    {
        if (_token is not null && _token != refused) return _token;
        try
        {
            return await (_refreshing ??= RefreshOnceAsync());
        }
        finally
        {
            _refreshing = null;
        }
    }

    private async Task<string?> RefreshOnceAsync()
    {
        try
        {
            var answer = await SendAsync<object, RefreshAnswer>("api/auth/refresh", null, null, ConsoleJson.Default.EnvelopeRefreshAnswer, null);
            (_token, _expiresAt) = (answer.AccessToken, answer.ExpiresAt);
            return _token;
        }
        catch (ApiException exception) when (exception.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            Forget();
            return null;
        }
    }

    private void Forget()
    {
        var was = IsSignedIn;
        (_token, Email, IsAdmin) = (null, null, false);
        if (was) Changed?.Invoke();
    }

    private async Task<T> SendAsync<TBody, T>(string path, TBody? body, JsonTypeInfo<TBody>? type, JsonTypeInfo<Envelope<T>> answer, string? token)
    {
        using var request = NewRequest(path, token);
        if (body is not null) request.Content = JsonContent.Create(body, type!);
        using var response = await transport.SendAsync(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
        return await transport.ReadAsync(response, answer, CancellationToken.None);
    }

    private static HttpRequestMessage NewRequest(string path, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue(CultureInfo.CurrentUICulture.Name));
        return request;
    }
}
