using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aspire.Hosting;

namespace SimulationManager.Tests.Servers;

/// <summary>
/// What a trusted development certificate, as <c>aspire run</c> makes one, changes for an application: Aspire gives containers
/// endpoints with TLS. The certificate store of whoever runs the tests stays as it is.
/// </summary>
#pragma warning disable ASPIRECERTIFICATES001 // For evaluation only. There is no other way to say that a certificate is trusted.
internal sealed class TrustedCertificate : IDeveloperCertificateService, IDisposable
#pragma warning restore ASPIRECERTIFICATES001
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;

    public TrustedCertificate()
    {
        var now = DateTimeOffset.UtcNow;
        _certificate = new CertificateRequest("CN=localhost", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    public ImmutableList<X509Certificate2> Certificates => [_certificate];

    public bool SupportsContainerTrust => true;

    public bool UseForHttps => true;

    public bool TrustCertificate => true;

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
