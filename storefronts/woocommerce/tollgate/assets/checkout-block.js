// Shows Tollgate in WooCommerce's checkout block.
( function ( registry, settings, element, entities ) {
	const data = settings.getSetting( 'tollgate_data', {} );
	const title = entities.decodeEntities( data.title || 'Tollgate' );
	const content = element.createElement( 'p', null, entities.decodeEntities( data.description || '' ) );
	registry.registerPaymentMethod( {
		name: 'tollgate',
		label: title,
		ariaLabel: title,
		content,
		edit: content,
		canMakePayment: () => true,
		supports: { features: data.supports || [] },
	} );
} )( window.wc.wcBlocksRegistry, window.wc.wcSettings, window.wp.element, window.wp.htmlEntities );
