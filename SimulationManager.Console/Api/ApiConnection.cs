using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using SimulationManager.Console.Sessions;

namespace SimulationManager.Console.Api;

/// <summary>
/// Calls of the API in the name of the signed-in user: a token that has expired is refreshed, and the call repeated once; what only reads is repeated when the network
/// has ended it.
/// </summary>
public sealed class ApiConnection(ApiTransport transport, UserSession session, NetworkRetry retry)
{
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, path, null, answer, cancellationToken);

    public Task<T> PostAsync<T>(string path, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, path, null, answer, cancellationToken);

    public Task<T> DeleteAsync<T>(string path, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Delete, path, null, answer, cancellationToken);

    /// <summary>Sends a JSON body.</summary>
    public Task<T> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellationToken) =>
        CallAsync(method, path, () => JsonContent.Create(body, type), answer, cancellationToken);

    /// <summary>Opens an answer that goes on, such as a stream of events.</summary>
    /// <exception cref="ApiException">The API refuses it or cannot be reached.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string path, Action<HttpRequestMessage> change, CancellationToken cancellationToken)
    {
        var response = await SendAsync(HttpMethod.Get, path, null, change, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await transport.RefusalAsync(response, cancellationToken);
    }

    private async Task<T> CallAsync<T>(HttpMethod method, string path, Func<HttpContent>? content, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, content, null, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return await transport.ReadAsync(response, answer, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, Func<HttpContent>? content, Action<HttpRequestMessage>? change, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        var token = await session.TokenAsync();
        var response = await SendWithAsync(token);
        // 403 is an expired token, or a role that is not allowed: only a fresh token tells which.
        if (response.StatusCode != HttpStatusCode.Forbidden && response.StatusCode != HttpStatusCode.Unauthorized) return response;
        if (await session.RefreshAsync(token) is not { } fresh) return response;
        response.Dispose();
        return await SendWithAsync(fresh);

        Task<HttpResponseMessage> SendWithAsync(string? bearer) =>
            method == HttpMethod.Get ? retry.RunAsync(() => SendOnceAsync(bearer), cancellationToken) : SendOnceAsync(bearer);

        async Task<HttpResponseMessage> SendOnceAsync(string? bearer)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content?.Invoke() };
            if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue(CultureInfo.CurrentUICulture.Name));
            change?.Invoke(request);
            return await transport.SendAsync(request, completion, cancellationToken);
        }
    }
}
