using FleetPlatform.CertificateAuthority;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.CertificateAuthority.Revocation;
using FleetPlatform.CertificateAuthority.Transparency;
using FleetPlatform.CertificateAuthority.Trust;
using FleetPlatform.CertificateAuthority.Witness;
using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("certificate-authority");
builder.AddOptions<CertificateAuthorityOptions>(CertificateAuthorityOptions.Section);
builder.AddOptions<OwnershipTokenOptions>(OwnershipTokenOptions.Section);
builder.AddFleetEventStore("certificate-authority-db", EventNames.All, store => store
    .Project<AuthoritiesTable>().Project<KeysTable>().Project<PreparedMark>().IndexSubjects(FlowSteps.SubjectsOf).Subscribe<PublishCertificates>().Subscribe<PublishAuthorities>());

// In this order at start: schema (above), issuers, then what needs them.
builder.Services.AddSingleton<Metrics>().AddSingleton<Profiles>().AddSingleton<KeyRules>().AddSingleton<BlockKeys>().AddSingleton<ClaimLimits>();
builder.Services.AddSingleton<FileKeyStore>().AddSingleton<TokenKeyStore>().AddSingleton<IssuerKeyStores>();
builder.Services.AddSingleton<CreateIssuers>().AddSingleton<IssuerRing>().AddSingleton<RequestIssuer>();
builder.Services.AddSingleton<OpenIssuers>().AddHostedService(services => services.GetRequiredService<OpenIssuers>());
builder.Services.AddSingleton<RsaPool>().AddHostedService(services => services.GetRequiredService<RsaPool>());
builder.Services.AddSingleton<SignPrepared>().AddSingleton<IssueCertificate>().AddSingleton<IssueServerCertificate>().AddHostedService<FinishPrepared>();
builder.Services.AddSingleton<SignRevocationList>().AddSingleton<IssueResponderCertificate>();
builder.Services.AddSingleton<CheckpointKey>().AddSingleton<SignCheckpoint>();
builder.Services.AddSingleton<WitnessKey>().AddSingleton<WitnessedHeads>().AddSingleton<WitnessHead>();
builder.Services.AddSingleton<RegisterAuthority>().AddSingleton<FindIssuer>();
builder.Services.AddSingleton<IFlowSteps, FlowSteps>();
builder.Services.AddHealthChecks().AddCheck<IssuerHealth>("issuer");

builder.AddFleetBus("certificate-authority", bus => bus
    .AddBatchConsumer<IssueCertificatesConsumer>()
    .AddRequestConsumer<IssueServerCertificateConsumer>()
    .AddRequestConsumer<FindIssuedCertificateConsumer>()
    .AddRequestConsumer<GetTrustAnchorsConsumer>()
    .AddRequestConsumer<SignRevocationListConsumer>()
    .AddRequestConsumer<ListRevocationIssuersConsumer>()
    .AddRequestConsumer<IssueResponderCertificateConsumer>()
    .AddRequestConsumer<SignCheckpointConsumer>()
    .AddRequestConsumer<WitnessHeadConsumer>()
    .AddRequestConsumer<FindWitnessedHeadConsumer>()
    .AddRequestConsumer<ListIssuersConsumer>()
    .AddRequestConsumer<RequestIssuerConsumer>()
    .AddRequestConsumer<InstallIssuerConsumer>()
    .AddRequestConsumer<AssignSigningConsumer>()
    .AddRequestConsumer<InstallRootListConsumer>()
    .AddPerInstanceConsumer<IssuersChangedConsumer>()
    .AddRequestConsumer<ExamineKeysConsumer>()
    .AddEventConsumer<BlockKeysConsumer>()
    .AddRequestConsumer<GetRegistrationCodeConsumer>()
    .AddRequestConsumer<DeleteRegistrationCodeConsumer>()
    .AddRequestConsumer<RegisterTrustedAuthorityConsumer>()
    .AddRequestConsumer<DescribeTrustedAuthorityConsumer>()
    .AddRequestConsumer<UpdateTrustedAuthorityConsumer>()
    .AddRequestConsumer<DeleteTrustedAuthorityConsumer>()
    .AddRequestConsumer<ListTrustedAuthoritiesConsumer>()
    .AddRequestConsumer<FindTrustedAuthoritiesConsumer>()
    .AddRequestConsumer<FindCertificateIssuerConsumer>());

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();
